"""Write boards as Markdown, LaTeX, terminal text and excerpts."""
