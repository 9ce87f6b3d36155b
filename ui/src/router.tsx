// Which path is which page. Each page is a chunk of its own.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from "@tanstack/react-router";
import { Waiting } from "./parts/page";
import { Broken, NotFound } from "./shell/not-found";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

type Search = Record<string, string | undefined>;

/** Search parameters are the names of things; anything else is left out. */
const texts =
  (...names: string[]) =>
  (given: Record<string, unknown>): Search => {
    const found: Search = {};
    for (const name of names) {
      if (given[name] !== undefined) found[name] = String(given[name]);
    }
    return found;
  };

const page = <P extends string>(path: P, component: RouteComponent, ...search: string[]) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch: texts(...search) });

const routes = [
  page(
    "/",
    lazyRouteComponent(() => import("./load-balancing/page")),
  ),
  page(
    "/models",
    lazyRouteComponent(() => import("./models/page")),
    "provider",
  ),
  page(
    "/models/$provider/$model",
    lazyRouteComponent(() => import("./models/model-page")),
  ),
  page(
    "/providers",
    lazyRouteComponent(() => import("./providers/page")),
  ),
  page(
    "/providers/$provider",
    lazyRouteComponent(() => import("./providers/provider-page")),
    "tab",
  ),
  page(
    "/upstreams",
    lazyRouteComponent(() => import("./upstreams/page")),
  ),
  page(
    "/upstreams/$upstream",
    lazyRouteComponent(() => import("./upstreams/upstream-page")),
  ),
  page(
    "/routes",
    lazyRouteComponent(() => import("./routes/page")),
    "provider",
    "service",
    "called",
  ),
  page(
    "/routes/$route",
    lazyRouteComponent(() => import("./routes/route-page")),
  ),
  page(
    "/try",
    lazyRouteComponent(() => import("./try-it/page")),
    "model",
  ),
  page(
    "/requests",
    lazyRouteComponent(() => import("./requests/page")),
    "upstream",
    "provider",
    "status",
  ),
  page(
    "/requests/$id",
    lazyRouteComponent(() => import("./requests/request-page")),
  ),
  page(
    "/traffic",
    lazyRouteComponent(() => import("./traffic/page")),
  ),
  page(
    "/access",
    lazyRouteComponent(() => import("./access/page")),
  ),
  page(
    "/setup",
    lazyRouteComponent(() => import("./setup/page")),
  ),
  page(
    "/settings",
    lazyRouteComponent(() => import("./settings/page")),
  ),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: "/ui",
  defaultPreload: "intent",
  // The page beside the navigation scrolls, not the window: a new page begins at its top, going back finds the place.
  scrollRestoration: true,
  scrollToTopSelectors: ["#main"],
  defaultErrorComponent: ({ error, reset }) => <Broken error={error as Error} reset={reset} />,
  defaultPendingComponent: () => <Waiting rows={6} />,
  // Names of models hold slashes, colons and more; they are encoded as a whole.
  pathParamsAllowedCharacters: ["@", ":"],
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
