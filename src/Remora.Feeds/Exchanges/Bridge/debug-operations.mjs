// Ways to die, for the tests of the parent's supervision. Only there when the parent's settings allow it.

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
