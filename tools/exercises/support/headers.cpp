// The precompiled headers of the exercises belong to a target, and a target needs a source.
