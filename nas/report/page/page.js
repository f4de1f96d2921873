// Draws every figure in the colours of the page, and anew when these change.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [text, quiet, line] = [colour("--text"), colour("--quiet"), colour("--line")];
    const font = getComputedStyle(document.body).fontFamily;
    return {
      background: "transparent",
      font: font,
      view: { stroke: null },
      axis: {
        labelColor: quiet, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line,
        titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 12,
      },
      legend: { labelColor: text, titleColor: quiet, labelFontSize: 12 },
      text: { fill: text },
    };
  }

  function draw() {
    const options = {
      actions: false, renderer: "svg", config: colours(),
      tooltip: { theme: dark.matches ? "dark" : "light" },
    };
    for (const place of document.querySelectorAll(".chart")) {
      const spec = JSON.parse(place.nextElementSibling.textContent);
      vegaEmbed(place, spec, options)
        .then(() => { place.dataset.drawn = ""; })
        .catch((error) => { console.error(error); });
    }
  }

  dark.addEventListener("change", draw);
  draw();
})();
