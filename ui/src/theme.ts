// How Mantine's parts look here: dense, calm, one accent.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const water: MantineColorsTuple = [
  "#e3f6fa",
  "#c9eaf2",
  "#98d5e4",
  "#63c0d6",
  "#38a9c4",
  "#1b92ae",
  "#0b7a94",
  "#0b6a80",
  "#085669",
  "#053e4c",
];

/** Mantine's dark surfaces, in the hue of ours (tokens.css). */
const dark: MantineColorsTuple = [
  "#e4ebf1",
  "#b9c5d0",
  "#8d9baa",
  "#5d6a77",
  "#3b4a58",
  "#28343f",
  "#1b252f",
  "#161e26",
  "#101820",
  "#0e141a",
];

export const theme = createTheme({
  primaryColor: "water",
  primaryShade: { light: 7, dark: 6 },
  colors: { water, dark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: "var(--mono)",
  defaultRadius: 6,
  cursorType: "pointer",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  headings: {
    fontWeight: "620",
    sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "16px" }, h3: { fontSize: "14px" } },
  },
  components: {
    // Words are the API's, as it writes them.
    Badge: { styles: { root: { flex: "none", textTransform: "none" }, label: { overflow: "visible" } } },
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    TextInput: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", checkIconPosition: "right" } },
    Textarea: { defaultProps: { size: "sm" } },
    Switch: { defaultProps: { size: "sm" } },
    // A click beside it would drop what was written into it; Escape and its buttons close it.
    Modal: { defaultProps: { closeOnClickOutside: false, centered: true, overlayProps: { backgroundOpacity: 0.45 } } },
  },
});

/** Mantine's surfaces are ours. */
export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--surface)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--muted)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-default": "var(--raised)",
    "--mantine-color-error": "var(--bad)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-placeholder": "var(--muted)",
  };
  return { variables: {}, light: shared, dark: shared };
};
