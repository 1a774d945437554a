// Answers jobs `WAY FILE` with their CPU time in microseconds, those of V8's own threads included.

import fs from 'node:fs';
import readline from 'node:readline';

export async function serve(run) {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const space = line.indexOf(' ');
        const photo = fs.readFileSync(line.slice(space + 1));
        const begin = process.cpuUsage();
        try {
            const length = await run(line.slice(0, space), photo);
            const spent = process.cpuUsage(begin);
            console.log(spent.user + spent.system, length);
        } catch (error) {
            console.log('failed', String(error).split('\n')[0]);
        }
    }
}
