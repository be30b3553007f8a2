/** This document asks for nothing more, and nothing that it has kept outlives it. Whether its time was the machine's. */
() => {
  window.fetch = () => new Promise(() => {});
  Storage.prototype.setItem = () => {};
  sessionStorage.clear();
  localStorage.clear();
  return /\[native code\]/.test(setTimeout);
}
