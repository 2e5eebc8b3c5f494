"""Who is a person in a picture, by networks that know people's shapes, and the matte that follows from it."""
