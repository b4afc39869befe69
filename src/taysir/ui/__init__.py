"""Components, styles, formats and languages shared by every screen."""
