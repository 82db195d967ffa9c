// Requests to the plugin. Addresses are relative to this module, so that a path prefix changes nothing.

const BASE = new URL("../", import.meta.url);

export class ApiError extends Error {}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(new URL(path, BASE), {credentials: "same-origin", ...options});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("TensorBoard does not answer; is it still running?");
  }
  let content = null;
  try {
    content = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (response.ok && content !== null) return content;
  throw new ApiError(content && typeof content.error === "string" ? content.error
    : `TensorBoard answered ${response.status} ${response.statusText}`);
}

export const api = {
  // The JSON behind a route. Rejects with ApiError, whose message is one line for the reader.
  get(path, parameters = {}, signal = undefined) {
    const query = new URLSearchParams(parameters).toString();
    return answer(query ? `${path}?${query}` : path, {signal});
  },
  post(path, body, signal = undefined) {
    return answer(path, {method: "POST", body: JSON.stringify(body), signal,
      headers: {"Content-Type": "application/json"}});
  },
};

// Of requests that overtake each other, only the last one counts: the ones before are aborted.
export function latest() {
  let controller = null;
  return async request => {
    controller?.abort();
    const mine = controller = new AbortController();
    try {
      const found = await request(mine.signal);
      return mine === controller ? found : undefined;
    } catch (error) {
      if (mine !== controller || error.name === "AbortError") return undefined;
      throw error;
    }
  };
}
