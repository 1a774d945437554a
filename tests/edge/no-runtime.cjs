// Node has none of the modules that Cloudflare's runtime brings: whoever loads one is given names that nothing is behind.
// And its timers are objects, where elsewhere they are numbers.
const { Module } = require("node:module");

const load = Module._load;
const nothing = new Proxy(class {}, { get: (_, name) => (name === "prototype" ? {} : class {}) });
Module._load = function (name, ...rest) {
    return name.startsWith("cloudflare:") ? nothing : load.call(this, name, ...rest);
};

const { setTimeout } = globalThis;
globalThis.setTimeout = (...all) => setTimeout(...all)[Symbol.toPrimitive]();
