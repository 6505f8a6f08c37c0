// The service's routes, as the page needs them.

const POLL_MS = 400;

export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

function headers(token) {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function checked(response) {
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Refusal(response.status, answer.error ?? `answer ${response.status}`);
}

// Sends a song; tells the share sent. Gives the job's id.
export function submit(file, format, token, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much was sent
    request.open("POST", `v1/separate?wait=false&format=${format}`);
    for (const [name, value] of Object.entries(headers(token))) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onSent(event.loaded / Math.max(1, event.total));
    request.onload = () => {
      if (request.status === 202) resolve(request.response.id);
      else reject(new Refusal(request.status, request.response?.error ?? `answer ${request.status}`));
    };
    request.onerror = () => reject(new Refusal(0, "the service does not answer"));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

// Waits for a job, telling its state; gives the names of its stems.
export async function finished(id, token, onState, signal) {
  for (;;) {
    const response = await fetch(`v1/jobs/${id}`, { headers: headers(token), signal });
    const job = await (await checked(response)).json();
    onState(job);
    if (job.state === "done") return job.stems;
    if (job.state === "failed") throw new Refusal(422, job.error ?? "cancelled");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function stem(id, name, token, signal) {
  const response = await fetch(`v1/jobs/${id}/${name}`, { headers: headers(token), signal });
  return (await checked(response)).blob();
}

export function forget(id, token) {
  return fetch(`v1/jobs/${id}`, { method: "DELETE", headers: headers(token), keepalive: true });
}
