// Runs before the first paint, so that a chosen theme does not flash. The button is in
// theme-button.js.
try {
  const chosen = localStorage.getItem('remora-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch { /* a browser that keeps nothing follows the system */ }
