/** Who calls whom: what permissions are made for. */
export const names = {
  mesh: { agent: "bench-echo", caller: "bench-caller" },
  raw: { agent: "bench-raw", caller: "bench-raw-caller" },
} as const;
