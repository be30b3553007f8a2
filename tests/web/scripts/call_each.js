/** Call a function of one of the page's modules with each of these arguments. */
async ([module, name, calls]) => {
  const called = (await import(`./${module}.js`))[name];
  return calls.map((args) => called(...args));
}
