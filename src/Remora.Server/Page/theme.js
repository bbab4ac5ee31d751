// Runs before the first paint, so that a chosen theme does not flash. The button is in
// theme-button.js.
try {
  const chosen = localStorage.getItem('remora-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch { /* without storage the page uses the system setting */ }
