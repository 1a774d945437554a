// The product's core as a WebAssembly module, built by scripts/bench into the folder that is given.

import fs from 'node:fs';
import path from 'node:path';
import { serve } from './worker.mjs';

const folder = path.resolve(process.argv[2]);
const { Core, initSync } = await import(`${folder}/likeness_bench_module.js`);
initSync({ module: fs.readFileSync(`${folder}/likeness_bench_module_bg.wasm`) });
const core = new Core();
await serve((way, photo) => core.run(way, photo));
