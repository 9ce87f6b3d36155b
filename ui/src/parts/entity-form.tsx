// A form that writes one entity: what is refused lands on its field, what belongs to no field stands above the buttons.
import { Alert, Button, Group } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { type FormEvent, type ReactNode, useState } from "react";
import { fieldErrors, useWrite, type Write } from "../api/writes";

interface EntityForm<V extends Record<string, unknown>, T> {
  initial: V;
  write: (values: V) => Write;
  done: (answer: T, values: V) => void;
}

export function useEntityForm<V extends Record<string, unknown>, T = unknown>({
  initial,
  write,
  done,
}: EntityForm<V, T>) {
  const form = useForm<V>({ initialValues: initial });
  const writing = useWrite<T>({ quiet: true });
  const [general, setGeneral] = useState<string | null>(null);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    setGeneral(null);
    try {
      done(await writing.mutateAsync(write(form.values)), form.values);
    } catch (error) {
      const errors = fieldErrors(error);
      form.setErrors(errors);
      setGeneral(unplaced(errors, form));
    }
  };
  return { form, submit, general, pending: writing.isPending };
}

/** Messages whose field the form does not show. */
function unplaced<V extends Record<string, unknown>>(
  errors: Record<string, string>,
  form: UseFormReturnType<V>,
): string | null {
  const lost = Object.entries(errors).filter(([path]) => !((path.split(".")[0] ?? "") in form.values));
  return lost.length > 0 ? lost.map(([path, message]) => (path ? `${path}: ${message}` : message)).join("; ") : null;
}

interface FormEndProps {
  general: string | null;
  pending: boolean;
  submit: string;
  cancel?: () => void;
  /** Why it can not be submitted; it is said beside the button. */
  blocked?: string | null;
  children?: ReactNode;
}

export function FormEnd({ general, pending, submit, cancel, blocked, children }: FormEndProps) {
  return (
    <>
      {general && (
        <Alert color="red" role="alert">
          {general}
        </Alert>
      )}
      <Group justify="flex-end" gap="sm">
        {children}
        {blocked && (
          <span className="muted" id="why-blocked" role="status">
            {blocked}
          </span>
        )}
        {cancel && (
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
        )}
        <Button
          type="submit"
          loading={pending}
          disabled={Boolean(blocked)}
          aria-describedby={blocked ? "why-blocked" : undefined}
        >
          {submit}
        </Button>
      </Group>
    </>
  );
}
