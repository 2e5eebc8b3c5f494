"""The matting that chooses for itself: a screen where there is one, else persons by their shape."""
