import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// `npm run dev` talks to a running `motorpool serve`; the built app is served by it.
const office = process.env.MOTORPOOL_DEV_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    target: 'chrome100',
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': office, '/map': office, '/livez': office } },
})
