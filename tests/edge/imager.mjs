import { createTestHarness } from "wrangler";
import { Objects } from "./objects.mjs";
import sharp from "sharp";
const objects = await Objects.start();
const harness = createTestHarness({ root: "/work/wt-imager/edge/imager", workers: [{ configPath: "wrangler.toml" }] });
const t0=Date.now();
console.log(await harness.listen(), Date.now()-t0);
const photo = await sharp({create:{width:4032,height:3024,channels:3,noise:{type:'gaussian',mean:128,sigma:12}}}).jpeg({quality:90}).withMetadata({orientation:6}).toBuffer();
objects.put("a.jpg", photo);
const signed = (method, key, headers={}) => ({method, url: objects.url(key), headers});
const job = {job:"prepare", photo: signed("GET","a.jpg"), sha256:null, place:"s3://b/a.jpg", limits:{max_bytes:20000000,max_pixels:50000000,min_side:512,max_memory:1<<30}, target: signed("PUT","out.jpg",{"content-type":"image/jpeg"}), file:"s3://b/out.jpg"};
const memory = async () => (await harness.fetch("/memory")).json();
console.log(await memory());
for (let i=0;i<3;i++){ const t=Date.now();
const r = await harness.fetch("/jobs",{method:"POST",body:JSON.stringify(job)});
console.log(r.status, await r.text(), Date.now()-t, await memory()); }
console.log(objects.requests.map(r=>[r.method,r.key,r.headers,r.whole]));
await harness.close(); await objects.stop();
