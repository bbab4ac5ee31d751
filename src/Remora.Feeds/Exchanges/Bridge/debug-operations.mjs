// Operations that end or block the process, for tests of the parent's supervision. Available only
// if the parent's settings allow it.

export const debugOperations = {
  async crash() {
    setImmediate(() => { throw new Error('crashed on demand'); });
    return new Promise(() => {});
  },

  async spin() {
    for (;;);
  },

  async exhaust_memory() {
    const hoard = [];
    for (;;) hoard.push(new Array(1e6).fill(hoard.length));
  },

  async hang() {
    return new Promise(() => {});
  },
};
