import { replaceEqualDeep } from "@tanstack/react-query";
import { type DependencyList, useMemo } from "react";

/** A selector whose result stays the same object as long as it is equal, however often it is asked. */
export function useStable<T, R>(select: (from: T) => R, dependencies: DependencyList): (from: T) => R {
  return useMemo(() => {
    let last: R | undefined;
    return (from: T) => {
      last = replaceEqualDeep(last, select(from)) as R;
      return last;
    };
    // biome-ignore lint/correctness/useExhaustiveDependencies: the caller says on what its selector depends
  }, dependencies);
}
