// The frame around the pages: theme, cache, the stream of events, the token.
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { ApiError } from "./api/client";
import { listen } from "./api/live";
import { useIsRefused } from "./api/token";
import { Toasts } from "./parts/toasts";
import { router } from "./router";
import { theme, variables } from "./theme";

/** Seldom needed, so it is not part of the first load. */
const TokenPrompt = lazy(() => import("./shell/token-prompt"));

/** What is refused stays refused; only silence is worth another try. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something is stale; a page that comes back reads what was invalidated meanwhile.
      staleTime: 30_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Gate />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** The pages, or the question for the token. */
function Gate() {
  const refused = useIsRefused();
  useEffect(() => {
    if (refused) return;
    const end = new AbortController();
    void listen(client, end.signal);
    return () => end.abort();
  }, [refused]);
  if (refused) {
    return (
      <Suspense>
        <TokenPrompt given={() => void client.resetQueries()} />
      </Suspense>
    );
  }
  return <RouterProvider router={router} />;
}
