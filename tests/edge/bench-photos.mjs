// Measures the processor time of a photo in the imager beside photon in a Worker of its own, from outside, in one run.
//
//     node bench-photos.mjs PHOTON [FOLDER]   PHOTON is a folder with photon's Worker; the photos are those of FOLDER, or drawn

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startable } from "./jobs.mjs";
import { drawing, phonePhoto } from "./pictures.mjs";
import { Worker } from "./workerd.mjs";

/** Rounds that count, and those before: V8 compiles a module anew while it runs. */
const [ROUNDS, WARM_UP] = [7, 3];
/** The largest photo that photon is given: it has no limits, and dies of larger ones. */
const [WIDTH, HEIGHT] = [4032, 3024];

const [photonFolder, folder] = process.argv.slice(2);
const photos = await (folder ? found(folder) : drawn());
const it = startable();
const photon = await Worker.start(pathToFileURL(`${photonFolder}/`));
try {
    await it.start();
    const peers = {
        async ours(at) {
            const job = it.prepareJob({ photo: it.get(`${at}`), target: it.put("clean.jpg", { "content-type": "image/jpeg" }) });
            const { prepared } = await it.report(job);
            return prepared.Ok?.way ?? JSON.stringify(prepared.Err);
        },
        async photon(at) {
            const response = await photon.fetch("/", { method: "POST", body: photos[at].bytes });
            const { byteLength } = await response.arrayBuffer();
            return response.ok && byteLength > 0 ? "pixels" : `failed: ${response.status}`;
        },
    };
    const spent = photos.map(() => ({ ours: [], photon: [], way: {} }));
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
        for (const [at, name] of shuffled(photos.flatMap((_, at) => [[at, "ours"], [at, "photon"]]))) {
            it.objects.reset();
            it.objects.put(`${at}`, photos[at].bytes);
            const worker = name === "ours" ? it.worker : photon;
            const before = await worker.cpu();
            spent[at].way[name] = await peers[name](at);
            if (round >= WARM_UP) spent[at][name].push((await worker.cpu()) - before);
        }
    }
    console.log(`${"Photo".padEnd(34)} ${"ours, ms".padStart(9)} ${"photon, ms".padStart(11)} ${"ratio".padStart(6)}  way`);
    for (const [at, { name }] of photos.entries()) {
        const [ours, theirs] = ["ours", "photon"].map((peer) => median(spent[at][peer]));
        const compared = spent[at].way.photon === "pixels";
        const cells = [name.slice(0, 34).padEnd(34), ours.toFixed(0).padStart(9),
            (compared ? theirs.toFixed(0) : "fails").padStart(11), (compared ? (theirs / ours).toFixed(1) : "").padStart(6)];
        console.log(`${cells.join(" ")}  ${spent[at].way.ours}`);
    }
    console.log(`linear memory of the imager: ${((await it.memory()).bytes / 1e6).toFixed(1)} MB`);
} finally {
    await photon.stop();
    await it.stop();
}

async function found(folder) {
    const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp|hei[cf]|hif)$/i.test(name)).sort();
    return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
}

async function drawn() {
    const picture = await drawing(WIDTH, HEIGHT);
    return [
        { name: "JPEG, upright", bytes: await phonePhoto(WIDTH, HEIGHT, { orientation: 1 }) },
        { name: "JPEG, turned", bytes: await phonePhoto(WIDTH, HEIGHT) },
        { name: "JPEG, progressive", bytes: await phonePhoto(WIDTH, HEIGHT, { orientation: 1, progressive: true }) },
        { name: "PNG", bytes: await picture.clone().png().toBuffer() },
        { name: "WebP", bytes: await picture.clone().webp({ quality: 85 }).toBuffer() },
    ];
}

function shuffled(jobs) {
    for (let at = jobs.length - 1; at > 0; at--) {
        const other = Math.floor(Math.random() * (at + 1));
        [jobs[at], jobs[other]] = [jobs[other], jobs[at]];
    }
    return jobs;
}

function median(numbers) {
    return numbers.toSorted((one, other) => one - other)[numbers.length >> 1];
}
