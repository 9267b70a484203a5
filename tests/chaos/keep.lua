-- How the story is played: whole.  What shrinks a story puts rows in this place that keep some acts.
return { { name = "whole" } }
