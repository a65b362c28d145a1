import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

// Bytes of gzip, promised in README.md
const BUDGET = 20_000;
const STRINGS_BUDGET = 2_000;
const STRINGS = 'src/strings/';
const BANNER =
  "/*! Clinic chat widget. Contains Lit, Copyright Google LLC, BSD-3-Clause: see THIRD-PARTY-LICENSES.txt */\n";

function weigh(build, name, content, budget) {
  const size = gzipSync(content, { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzip, ${budget - size} left of ${budget}`);
  if (size > budget) build.error(`${name} has ${size} bytes gzip; the budget is ${budget}`);
}

/** One line about the licence, after minifying; a file for each language; a build that fails when one grows too big. */
const finish = {
  name: 'finish',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') this.error(`${file.fileName}: the widget must be one single file`);
      file.code = BANNER + file.code;
      weigh(this, file.fileName, file.code, BUDGET);
    }
    // English is in the widget itself
    for (const name of readdirSync(STRINGS).filter((name) => name !== 'en.json')) {
      const source = JSON.stringify(JSON.parse(readFileSync(STRINGS + name, 'utf8')));
      weigh(this, name, source, STRINGS_BUDGET);
      this.emitFile({ type: 'asset', fileName: `strings/${name}`, source });
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
