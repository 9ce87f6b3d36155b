import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { currentToken, keepToken, refuseToken, useIsRefused } from "./token";

test("a late refusal of an old token does not forget the new one", () => {
  const refused = () => renderHook(() => useIsRefused()).result.current;
  keepToken("old", false);
  refuseToken("old");
  expect([refused(), currentToken()]).toEqual([true, null]);
  keepToken("new", false);
  refuseToken("old");
  expect([refused(), currentToken()]).toEqual([false, "new"]);
  refuseToken("new");
  expect(refused()).toBe(true);
});
