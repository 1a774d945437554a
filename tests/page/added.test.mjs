// The ways in which photos are added: picked, dropped, pasted, in a ZIP; and files that are no photos.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { open, settled, stage } from "./place.mjs";

const { server, browser } = await stage();
const photo = Buffer.from(await (await fetch(`${server.base}/page/samples/photo-02.jpg`)).arrayBuffer());

/** Writes a ZIP whose files are stored as they are. */
function zip(files) {
    const parts = [];
    const directory = [];
    let at = 0;
    for (const [name, bytes] of files) {
        const label = Buffer.from(name);
        const head = Buffer.alloc(30);
        head.writeUInt32LE(0x04034b50, 0);
        head.writeUInt32LE(bytes.length, 18);
        head.writeUInt32LE(bytes.length, 22);
        head.writeUInt16LE(label.length, 26);
        const entry = Buffer.alloc(46);
        entry.writeUInt32LE(0x02014b50, 0);
        entry.writeUInt32LE(bytes.length, 20);
        entry.writeUInt32LE(bytes.length, 24);
        entry.writeUInt16LE(label.length, 28);
        entry.writeUInt32LE(at, 42);
        parts.push(head, label, bytes);
        directory.push(entry, label);
        at += head.length + label.length + bytes.length;
    }
    const listed = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(files.length, 10);
    end.writeUInt32LE(listed.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...parts, listed, end]);
}

test("a ZIP gives its photos, and nothing else", async () => {
    const page = await open(browser, server.link);
    const buffer = zip([["anna/1.jpg", photo], ["anna/2.jpg", photo], ["anna/notes.txt", Buffer.from("a")], ["__MACOSX/._1.jpg", Buffer.from("b")]]);
    await page.locator(".add input").setInputFiles({ name: "photos.zip", mimeType: "application/zip", buffer });
    await settled(page, 2);
    await page.locator(".add input").setInputFiles({ name: "broken.zip", mimeType: "application/zip", buffer: buffer.subarray(0, 999) });
    await page.locator(".bar .problem").waitFor();
    assert.match(await page.locator(".bar .problem").innerText(), /ZIP/);
    await page.context().close();
});

for (const kind of ["drop", "paste"]) {
    test(`photos come by ${kind}`, async () => {
        const page = await open(browser, server.link);
        await page.evaluate(
            ([kind, bytes]) => {
                const data = new DataTransfer();
                const file = (name, type) => data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
                file("a.jpg", "image/jpeg");
                file("b.png", "");
                if (kind === "drop") file("notes.txt", "text/plain");
                const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }) : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
                document.body.dispatchEvent(event);
            },
            [kind, [...photo]],
        );
        await settled(page, 2);
        await page.context().close();
    });
}

/** Makes a folder with two photos, one of them deeper, and with files that are none. */
async function folder() {
    const made = await mkdtemp(join(tmpdir(), "likeness-folder-"));
    await mkdir(join(made, "deep", "deeper"), { recursive: true });
    await writeFile(join(made, "1.jpg"), photo);
    await writeFile(join(made, "deep", "deeper", "2.jpg"), photo);
    // What macOS lays beside each file on a foreign disk.
    await writeFile(join(made, "._1.jpg"), "not a photo");
    await writeFile(join(made, "notes.txt"), "not a photo");
    return made;
}

test("a folder that is dropped gives its photos, from any depth", async () => {
    const page = await open(browser, server.link);
    const made = await folder();
    const driver = await page.context().newCDPSession(page);
    const data = { items: [], files: [made], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
        await driver.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
    }
    await settled(page, 2);
    assert.equal(await page.evaluate(() => document.body.classList.contains("dropping")), false);
    await page.context().close();
    await rm(made, { recursive: true });
});

test("a folder that is picked gives its photos, from any depth", async () => {
    const page = await open(browser, server.link);
    const made = await folder();
    await page.locator("input[webkitdirectory]").setInputFiles(made);
    await settled(page, 2);
    await page.context().close();
    await rm(made, { recursive: true });
});

test("a photo that lies on its side stands upright", async () => {
    const page = await open(browser, server.link);
    await page.locator(".add input").setInputFiles({ name: "side.jpg", mimeType: "image/jpeg", buffer: photo });
    await settled(page, 1);
    const [width, height] = await page.locator(".sheet img").evaluate(async (image) => {
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
    });
    assert.ok(height > width, `${width} × ${height}`);
    await page.context().close();
});

test("a photo is removed, and an empty file is left out at once", async () => {
    const page = await open(browser, server.link);
    await page.locator(".add input").setInputFiles([
        { name: "good.jpg", mimeType: "image/jpeg", buffer: photo },
        { name: "empty.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(0) },
    ]);
    await settled(page, 2);
    assert.match(await page.locator("figure.bad").innerText(), /empty/i);
    await page.locator("figure.bad").hover();
    await page.locator("figure.bad .drop").click();
    await settled(page, 1);
    await page.context().close();
});
