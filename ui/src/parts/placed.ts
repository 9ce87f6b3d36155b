// Where a form shows what the API refuses: at the field it is about, or, if the form has none for it, above the buttons.
// Nothing that is refused goes unseen. Pure.

export interface Placed {
  /** Messages by the form's own paths. */
  fields: Record<string, string>;
  /** What belongs to no field that is shown. */
  general: string | null;
}

/**
 * `errors` are messages by the API's dotted paths. `shownAs` names the form's field for what it shows under another name:
 * a path and everything below it.
 */
export function placed(
  errors: Record<string, string>,
  values: Record<string, unknown>,
  shownAs: Record<string, string> = {},
): Placed {
  const fields: Record<string, string> = {};
  const lost: string[] = [];
  for (const [path, message] of Object.entries(errors)) {
    const found = renamed(path, shownAs) ?? own(path, message, values);
    const text = found?.text ?? message;
    if (found) fields[found.field] = fields[found.field] ? `${fields[found.field]}; ${text}` : text;
    else lost.push(path ? `${path}: ${message}` : message);
  }
  return { fields, general: lost.length > 0 ? lost.join("; ") : null };
}

interface Place {
  field: string;
  /** If it is not the message as it came. */
  text?: string;
}

function renamed(path: string, shownAs: Record<string, string>): Place | null {
  const under = Object.keys(shownAs).filter((it) => path === it || path.startsWith(`${it}.`));
  const nearest = under.sort((a, b) => b.length - a.length)[0];
  const field = nearest && shownAs[nearest];
  return field ? { field } : null;
}

/** The form's field of that path, or the one that holds it: of a list of words, the list. */
function own(path: string, message: string, values: Record<string, unknown>): Place | null {
  const segments = path.split(".");
  let value: unknown = values;
  for (const [depth, segment] of segments.entries()) {
    // A list of rows shows each message in its row.
    if (Array.isArray(value) && value.some(isGroup)) return { field: path };
    if (!isGroup(value)) {
      const field = segments.slice(0, depth).join(".");
      return { field, text: `${segments.slice(depth).join(".")}: ${message}` };
    }
    if (!(segment in value)) return null;
    value = value[segment];
  }
  // A group has no place of its own for what is wrong with all of it.
  return isGroup(value) ? null : { field: path };
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
