// Makes api.ts from a description, as docs/api.md says: generate.mjs OPENAPI API_TS.

import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const [from, to] = process.argv.slice(2);
const blob = ts.factory.createTypeReferenceNode("Blob");
const types = await openapiTS(JSON.parse(await readFile(from, "utf8")), {
    transform: (schema) => (schema.format === "binary" ? blob : undefined),
});
await writeFile(to, astToString(types));
