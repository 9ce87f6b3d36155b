/** Where clients reach the AI API. The gateway knows its own address as seen from its machine; whoever looks at the
 * dashboard from another one needs the name that the browser uses. */
export function proxyUrl(told: string, page: { hostname: string } = window.location): string {
  const url = new URL(told);
  const own = ["127.0.0.1", "[::1]", "localhost"];
  if (own.includes(url.hostname) && !own.includes(page.hostname)) url.hostname = page.hostname;
  return url.origin;
}
