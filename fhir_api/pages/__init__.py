"""Pages for clinicians: look a citizen up, read the chart, see which facilities send."""
