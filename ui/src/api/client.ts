// Calls of the Admin API: JSON in and out, the token, and errors that say which field they are about.
import { currentToken, refuseToken } from "./token";

/** What the API says of a call that it refuses. */
export interface ErrorBody {
  message: string;
  code?: number;
  name?: string;
  fields?: Record<string, unknown>;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }
}

export interface Answer<T> {
  data: T;
  /** For `If-Match`. */
  etag: string | null;
}

export interface Options {
  body?: unknown;
  ifMatch?: string | null;
  signal?: AbortSignal;
}

/** One call, and what it answered. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  return (await ask<T>(method, path, options)).data;
}

/** The same, with the tag of what was read. */
export async function ask<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers = authorized();
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.ifMatch) headers["if-match"] = options.ifMatch;
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const response = await reach(path, { method, headers, body, signal: options.signal });
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return { data: (text ? JSON.parse(text) : undefined) as T, etag: response.headers.get("etag") };
}

/** A fetch that knows how to say that nobody answered, and that the token is wanted. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  const used = currentToken();
  let response: Response;
  try {
    response = await fetch(path, { cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, { message: "the Admin API does not answer: is Spillway running?" });
  }
  if (response.status === 401 && !path.startsWith("/try/")) refuseToken(used);
  return response;
}

/** The headers of every call. */
export function authorized(): Record<string, string> {
  const token = currentToken();
  return token ? { authorization: `Bearer ${token}` } : {};
}

export function refusal(status: number, text: string): ApiError {
  try {
    const body = JSON.parse(text) as ErrorBody;
    if (typeof body.message === "string") return new ApiError(status, body);
  } catch {
    // Not ours: a proxy's page in between, most likely.
  }
  return new ApiError(status, { message: `the Admin API answered ${status} without saying why` });
}

/** A path from parts, each of which may hold anything. */
export function at(...parts: string[]): string {
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

export interface Page<T> {
  data: T[];
  next: string | null;
}

/** Largest page that the API gives. */
const PAGE_SIZE = 1000;
/** Lists are read to their end; this many pages are more than anybody configures. */
const PAGES_MAX = 50;

/** Every row of a list. */
export async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  let next: string | null = `${path}${path.includes("?") ? "&" : "?"}size=${PAGE_SIZE}`;
  for (let page = 0; next && page < PAGES_MAX; page += 1) {
    const answer: Page<T> = await call<Page<T>>("GET", next, { signal });
    rows.push(...answer.data);
    next = answer.next;
  }
  return rows;
}
