// The same for browsers without WebAssembly's SIMD.

export * from "./simd.js";
export { default } from "./simd.js";
