import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const BUDGET = 20_000; // bytes of gzip, promised in README.md
const BANNER =
  "/*! Clinic chat widget. Contains Lit, Copyright Google LLC, BSD-3-Clause: see THIRD-PARTY-LICENSES.txt */\n";

/** One line about the licence, after minifying; and a build that fails when the file grows over its budget. */
const finish = {
  name: 'finish',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') this.error(`${file.fileName}: the widget must be one single file`);
      file.code = BANNER + file.code;
      const size = gzipSync(file.code, { level: 9 }).length;
      console.log(`${file.fileName}: ${size} bytes gzip, ${BUDGET - size} left of ${BUDGET}`);
      if (size > BUDGET) this.error(`${file.fileName} has ${size} bytes gzip; the budget is ${BUDGET}`);
    }
    this.emitFile({
      type: 'asset',
      fileName: 'THIRD-PARTY-LICENSES.txt',
      source: 'Lit (lit, lit-html, lit-element, @lit/reactive-element)\n\n' + readFileSync('node_modules/lit/LICENSE', 'utf8'),
    });
  },
};

/** White space between the tags of html`…` would be shipped. A statement's own line end is kept. */
const unindent = {
  name: 'unindent',
  enforce: 'pre',
  transform: (code, id) => (/\/src\/[^?]*\.ts$/.test(id) ? { code: code.replace(/\n\s+/g, '\n').replace(/>\n</g, '><'), map: null } : undefined),
};

export default defineConfig({
  plugins: [unindent, finish],
  // An application build with a script as its entry, not `build.lib`: Vite leaves white space in ES libraries.
  build: {
    target: 'es2021',
    cssTarget: 'chrome111',
    minify: 'terser',
    terserOptions: { ecma: 2020, module: true, compress: { passes: 3 } },
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: 'src/main.ts',
      output: { format: 'es', entryFileNames: 'widget.js', inlineDynamicImports: true },
    },
  },
  test: { environment: 'happy-dom', include: ['tests/*.test.ts'], css: true },
});
