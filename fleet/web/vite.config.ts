import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin, type Rolldown } from 'vite'

// `npm run dev` talks to a running `motorpool serve`; the built app is served by it.
const office = process.env.MOTORPOOL_DEV_API ?? 'http://127.0.0.1:8808'
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [vue(), serviceWorker()],
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    target: 'chrome100',
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': office, '/map': office } },
})

/** Writes sw.js with the files that the driver's pages need, and nothing of the desktop's. */
function serviceWorker(): Plugin {
  return {
    name: 'motorpool-service-worker',
    generateBundle(_, bundle) {
      const files = ['/', ...[...shell(bundle)].sort().map((file) => `/${file}`), '/favicon.svg']
      const source = readFileSync(here('./sw/sw.js'), 'utf8')
        .replace('__PRECACHE__', JSON.stringify(files))
        .replace('__DIGEST__', createHash('sha256').update(files.join()).digest('hex').slice(0, 12))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  }
}

/** Entry and driver pages, with everything they import and the fonts. */
function shell(bundle: Rolldown.OutputBundle): Set<string> {
  const found = new Set<string>()
  const add = (file: string) => {
    const chunk = bundle[file]
    if (found.has(file) || chunk?.type !== 'chunk') return
    found.add(file)
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style)
    chunk.imports.forEach(add)
  }
  for (const [file, chunk] of Object.entries(bundle)) {
    if (chunk.type === 'asset' && file.endsWith('.woff2')) found.add(file)
    if (chunk.type !== 'chunk') continue
    if (chunk.isEntry || chunk.facadeModuleId?.includes('/pages/driver/')) add(file)
  }
  return found
}
