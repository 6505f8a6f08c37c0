// Registers the service worker: offline after the first load, and threads on hosts that send no headers.

const PATIENCE_MS = 3000;

// Resolves when what is loaded next goes through it, or at once where there is none.
export async function prepare() {
  if (!navigator.serviceWorker) return;
  const ruled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  try {
    await navigator.serviceWorker.register("sw.js");
  } catch {
    return; // forbidden, or not https: it works without, but not offline
  }
  if (!navigator.serviceWorker.controller) await Promise.race([ruled, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  if (crossOriginIsolated || !navigator.serviceWorker.controller || sessionStorage.getItem("reloaded")) return;
  sessionStorage.setItem("reloaded", "1"); // once: a browser may isolate nothing
  location.reload();
  await new Promise(() => {});
}
