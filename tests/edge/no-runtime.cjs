// Node lacks the modules of Cloudflare's runtime: a module that loads one gets names without an implementation. And
// Node's timers are objects, where elsewhere they are numbers.
const { Module } = require("node:module");

const load = Module._load;
const nothing = new Proxy(class {}, { get: (_, name) => (name === "prototype" ? {} : class {}) });
Module._load = function (name, ...rest) {
    return name.startsWith("cloudflare:") ? nothing : load.call(this, name, ...rest);
};

const { setTimeout } = globalThis;
globalThis.setTimeout = (...all) => setTimeout(...all)[Symbol.toPrimitive]();
