-- What the base map shows of an OpenStreetMap extract. Layers: water, park, building, road, rail, place, poi.
-- Names are the local ones (Chinese in China); numbers are the zoom from which a feature is drawn.

node_keys = { "place", "amenity", "office", "railway", "aeroway", "tourism" }
way_keys = { "highway", "railway", "waterway", "natural", "water", "landuse", "leisure", "building", "amenity", "office" }

local ROAD = {
  motorway = { "motorway", 8 }, motorway_link = { "motorway", 12 },
  trunk = { "trunk", 8 }, trunk_link = { "trunk", 12 },
  primary = { "primary", 9 }, primary_link = { "primary", 13 },
  secondary = { "secondary", 10 }, secondary_link = { "secondary", 13 },
  tertiary = { "tertiary", 11 }, tertiary_link = { "tertiary", 13 },
  unclassified = { "minor", 12 }, residential = { "minor", 12 }, living_street = { "minor", 13 },
  road = { "minor", 13 }, service = { "service", 14 }, busway = { "service", 14 },
  pedestrian = { "path", 13 }, footway = { "path", 14 }, cycleway = { "path", 14 }, path = { "path", 14 },
}
local PLACE = { city = 8, town = 9, county = 8, district = 9, village = 12, suburb = 11, quarter = 12, neighbourhood = 13 }
local GREEN = { park = true, garden = true, nature_reserve = true, grass = true, forest = true, wood = true, recreation_ground = true }
local POI_AMENITY = {
  townhall = true, courthouse = true, police = true, fire_station = true, hospital = true, school = true,
  university = true, college = true, bus_station = true, library = true, parking = true, charging_station = true,
  fuel = true, conference_centre = true, restaurant = true, theatre = true, bank = true,
}

local function set_name()
  local name = Find("name:zh")
  if name == "" then name = Find("name") end
  if name ~= "" then Attribute("name", name) end
  return name ~= ""
end

local function point_of_interest()
  local amenity, office, railway, tourism = Find("amenity"), Find("office"), Find("railway"), Find("tourism")
  if POI_AMENITY[amenity] then return amenity, 13 end
  if office == "government" then return "government", 12 end
  if railway == "station" then return "station", 11 end
  if Find("aeroway") == "aerodrome" then return "airport", 10 end
  if tourism == "attraction" or tourism == "museum" or tourism == "hotel" then return tourism, 13 end
  return nil
end

local function label_poi(as_centroid)
  local class, zoom = point_of_interest()
  if not class or (Find("name") == "" and Find("name:zh") == "") then return end
  if as_centroid then LayerAsCentroid("poi") else Layer("poi", false) end
  Attribute("class", class)
  set_name()
  MinZoom(zoom)
end

function node_function()
  local place = Find("place")
  if PLACE[place] then
    Layer("place", false)
    Attribute("class", place)
    set_name()
    MinZoom(PLACE[place])
    return
  end
  label_poi(false)
end

local function area(layer, class, zoom)
  Layer(layer, true)
  Attribute("class", class)
  MinZoom(zoom)
end

local function road(class)
  local known = ROAD[class]
  if not known then return end
  Layer("road", false)
  Attribute("class", known[1])
  MinZoom(known[2])
  if class:sub(-5) == "_link" then AttributeBoolean("ramp", true) end
  if Find("bridge") == "yes" then AttributeBoolean("bridge", true) end
  if Find("tunnel") == "yes" then AttributeBoolean("tunnel", true) end
  set_name()
  local ref = Find("ref")
  if ref ~= "" then Attribute("ref", ref) end
end

function way_function()
  local highway, railway, waterway = Find("highway"), Find("railway"), Find("waterway")
  local natural, landuse, leisure = Find("natural"), Find("landuse"), Find("leisure")
  if highway ~= "" then road(highway) return end
  if railway == "rail" or railway == "subway" or railway == "light_rail" then
    Layer("rail", false)
    Attribute("class", railway)
    set_name()
    MinZoom(11)
    return
  end
  if not IsClosed() then
    if waterway == "river" or waterway == "canal" or waterway == "stream" then
      Layer("water", false)
      Attribute("class", waterway)
      set_name()
      MinZoom(waterway == "stream" and 13 or 8)
    end
    return
  end
  if natural == "water" or waterway == "riverbank" or landuse == "reservoir" then
    area("water", "water", 8)
    set_name()
  elseif GREEN[leisure] or GREEN[landuse] or GREEN[natural] then
    area("park", "park", 9)
    set_name()
  elseif Find("building") ~= "" then
    area("building", "building", 13)
  end
  label_poi(true)
end
