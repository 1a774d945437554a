// Runs the Workers as they are deployed, in Cloudflare's runtime and in test mode, until standard input ends. The first
// line of output is their address.

import { ADMIN, Both } from "../edge/both.mjs";

const both = await Both.start({ FAL_MOCK_TRAINING_DURATION: "1", DAILY_TRAININGS: "100000", DAILY_PICTURES: "100000" });
console.log(JSON.stringify({ url: both.url, admin: ADMIN }));
process.stdin.resume();
process.stdin.on("end", async () => {
    await both.stop();
    process.exit(0);
});
