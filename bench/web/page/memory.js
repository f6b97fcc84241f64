// The WebAssembly memories of a library that says nothing about them, seen from outside: every memory is made by the
// page or exported by an instance.

/** Must run before the library is imported. @returns a function that tells the bytes of all memories so far */
export function watchMemories() {
  const memories = new Set();
  const keep = (value) => {
    if (value instanceof Memory) memories.add(value);
  };
  const keepExports = (instance) => Object.values(instance.exports).forEach(keep);

  const { Memory } = WebAssembly;
  for (const name of ['Memory', 'Instance']) {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      construct(target, given) {
        const made = new target(...given);
        keep(made);
        if (name === 'Instance') keepExports(made);
        return made;
      },
    });
  }
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name].bind(WebAssembly);
    WebAssembly[name] = async (...given) => {
      const made = await real(...given);
      keepExports(made.instance ?? made);
      return made;
    };
  }
  return () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}
