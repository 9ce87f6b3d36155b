// Server-sent events by fetch: an EventSource can not send the token.
import { authorized, reach, refusal } from "./client";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads the lines of a stream into events. Feed it text in any pieces. */
export function eventReader(told: (event: ServerEvent) => void): (text: string) => void {
  let rest = "";
  let event = "message";
  let data: string[] = [];
  const line = (text: string) => {
    if (text === "") {
      if (data.length > 0) told({ event, data: data.join("\n") });
      event = "message";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const it of lines) line(it);
  };
}

/** Reads a path's events until it ends or the signal says so. `opened` is called when the answer's head is here. */
export async function readEvents(
  path: string,
  signal: AbortSignal,
  opened: () => void,
  told: (event: ServerEvent) => void,
): Promise<void> {
  const headers = { ...authorized(), accept: "text/event-stream" };
  const response = await reach(path, { headers, signal });
  if (!response.ok || !response.body) throw refusal(response.status, await response.text());
  opened();
  await readBody(response.body, eventReader(told));
}

/** Text of a body, as it comes. */
export async function readBody(body: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    take(decoder.decode(value, { stream: true }));
  }
}
