/** Call a function of one of the page's modules. */
async ([module, name, args]) => (await import(`./${module}.js`))[name](...args)
