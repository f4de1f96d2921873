"""Operations in which nodes of a graph exchange messages."""
