// The page of one entity: its name, what can be done with it, and its contents. Editing and removing are asked for here.
import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Loaded, Page } from "./page";
import { Remove } from "./remove";

interface EntityPageProps<T> {
  /** What it is, such as `upstream`. */
  kind: string;
  name: string;
  about?: ReactNode;
  query: UseQueryResult<T>;
  path: string;
  /** What happens when it is gone. */
  consequence: string;
  /** Where one is then. */
  list: "/providers" | "/routes" | "/upstreams";
  /** The form that edits it, if that is not part of the contents. */
  edit?: (entity: T, close: () => void) => ReactNode;
  children: (entity: T) => ReactNode;
}

export function EntityPage<T>(props: EntityPageProps<T>) {
  const { kind, name, about, query, path, consequence, list, edit, children } = props;
  const [asking, setAsking] = useState<"edit" | "remove" | null>(null);
  const navigate = useNavigate();
  const close = () => setAsking(null);
  const actions = query.data !== undefined && (
    <>
      <Button variant="default" leftSection={<Trash2 size={14} />} onClick={() => setAsking("remove")}>
        Remove
      </Button>
      {edit && (
        <Button leftSection={<Pencil size={14} />} onClick={() => setAsking("edit")}>
          Edit
        </Button>
      )}
    </>
  );
  return (
    <Page title={name} about={about} actions={actions}>
      <Loaded query={query}>
        {(it) => (
          <>
            {children(it)}
            {asking === "edit" && edit?.(it, close)}
          </>
        )}
      </Loaded>
      {asking === "remove" && (
        <Remove
          what={`${kind} ${name}`}
          path={path}
          consequence={consequence}
          forcible
          close={close}
          removed={() => void navigate({ to: list })}
        />
      )}
    </Page>
  );
}
