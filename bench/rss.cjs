// Loaded before a measured run: says how much memory the process held at most, on file descriptor 3.
process.on('exit', () => {
  require('node:fs').writeSync(3, String(process.resourceUsage().maxRSS));
});
