import { createContext, useContext } from "react";

/** Opens the edit popup of the provider with this name. */
export const EditContext = createContext<(name: string) => void>(() => {});
export const useEdit = () => useContext(EditContext);
