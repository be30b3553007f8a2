/** Call a function of one of the page's modules. */
async ([module, name, args]) => (await import(`/page/${module}.js`))[name](...args)
