// Search for a site that is opened from a folder. From a file: address a page can neither fetch the
// index nor start a worker. So the index is a script, and the worker's script runs in a hidden frame.
'use strict';

if (location.protocol === 'file:') {
  const index = new URL('../search/search_index.js', document.currentScript.src);

  // Material before version 9 takes its index from here. Later versions load the same script themselves.
  // Without a real worker, reading the index stops the page for a moment, so it waits for the first search.
  const loadIndex = (resolve) => {
    const script = document.createElement('script');
    script.src = index;
    script.onload = () => resolve(__index);
    document.head.append(script);
  };
  window.__search = {
    index: new Promise((resolve) => {
      const field = document.querySelector('.md-search__input');
      field.addEventListener('focus', () => loadIndex(resolve), {once: true});
    }),
  };

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement('iframe');
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      // What the worker sends. It ends here, so it must not reach window.postMessage of the frame.
      this.inside.postMessage = (data) => this.dispatchEvent(new MessageEvent('message', {data}));
      this.loaded = new Promise((resolve) => {
        const script = frame.contentDocument.createElement('script');
        script.src = new URL(url, location);
        script.onload = resolve;
        frame.contentDocument.body.append(script);
      });
    }

    async postMessage(data) {
      await this.loaded;
      this.inside.dispatchEvent(new MessageEvent('message', {data}));
    }
  };
}
