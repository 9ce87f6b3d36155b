import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The Admin API that `npm run dev` talks to; by default the one that `make run` starts.
const admin = process.env.SPILLWAY_ADMIN_URL ?? "http://127.0.0.1:8001";

export default defineConfig({
  base: "/ui/",
  plugins: [react()],
  // Small files as `data:` URLs would need a wider Content-Security-Policy.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 700, reportCompressedSize: false, manifest: true },
  server: {
    proxy: {
      // Everything that is not the dashboard's own. The guard compares Origin and Host: the dev server's page is one of
      // ours only if both are.
      "^/(?!ui/|ui$)": { target: admin, changeOrigin: true, headers: { origin: admin } },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
