// A form that writes one entity: what is refused lands on its field, what belongs to no field stands above the buttons.
import { Alert, Button, Group } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { fieldErrors, useWrite, type Write } from "../api/writes";
import { placed } from "./placed";

interface EntityForm<V extends Record<string, unknown>, T> {
  initial: V;
  /** Of a field that nobody touched another may have changed the value: `isTouched` tells. */
  write: (values: V, isTouched: (field: string) => boolean) => Write;
  /** What follows; the form waits for it. */
  done: (answer: T, values: V) => void | Promise<void>;
  /** The form's field of what it shows under another name than the API's. */
  shownAs?: Record<string, string>;
}

export function useEntityForm<V extends Record<string, unknown>, T = unknown>({
  initial,
  write,
  done,
  shownAs,
}: EntityForm<V, T>) {
  const form = useForm<V>({ initialValues: initial });
  const writing = useWrite<T>({ quiet: true });
  const [general, setGeneral] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  useFollowing(form, initial);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    setGeneral(null);
    setPending(true);
    try {
      const answer = await writing.mutateAsync(write(form.values, form.isDirty));
      form.resetDirty();
      await done(answer, form.values);
    } catch (error) {
      const { fields, general } = placed(fieldErrors(error), form.values, shownAs);
      form.setErrors(fields);
      setGeneral(general);
    } finally {
      setPending(false);
    }
  };
  return { form, submit, general, pending };
}

/** What is shown follows what is in force, as long as nobody has written into it. */
function useFollowing<V extends Record<string, unknown>>(form: UseFormReturnType<V>, inForce: V) {
  const text = JSON.stringify(inForce);
  const followed = useRef(text);
  useEffect(() => {
    if (text === followed.current || form.isDirty()) return;
    followed.current = text;
    form.setInitialValues(inForce);
    form.setValues(inForce);
    form.resetDirty(inForce);
  });
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
